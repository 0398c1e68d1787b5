"""What tries to lose or bend what steepest keeps: ``make torture``, or ``python -m torture --part kills``.

casework        a case, what came of it, and how parts are carried out so that a stopped one goes on
material        the small pictures, runs and comparisons that everything is tried on
warm            a command in a forked process, where all is loaded
processes       steepest as a process of its own, and what is read of a folder that it left
kills           SIGKILL at random moments and in saves, then --resume
injections      system calls on the run's folder fail, one by one
chaos           the public tester ckpt-chaos
flips           a bit, or the end, of every file that is kept
mutations       texts, bytes and JSON, changed at random
fuzzing         what every parser says of them
systems         a full disk, a closed pipe, a clock set back and so on, each in a process of its own
page            the results as docs/reliability.md

It stands beside the package: nobody who trains needs it.
"""
