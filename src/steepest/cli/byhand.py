"""`steepest byhand`: every number worked out in front of you, and checked against the machine."""

from cyclopts import App

from .byhand_network import backprop, softmax, step
from .byhand_sheets import grade, worksheet
from .byhand_windows import convolution, count, pooling, size

app = App(
    name="byhand",
    help="Work a network, a convolution or an optimizer's step by hand, checked against the machine.",
    help_epilogue="Start with:  steepest byhand backprop   then:  steepest byhand step adam --steps 3",
)
for verb in (backprop, softmax, step, convolution, pooling, count, size, worksheet, grade):
    app.command(verb)
