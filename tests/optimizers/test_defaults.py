"""The defaults are promises: a run without settings means the same in every version."""

import pytest

from steepest.optimizers import RULES, choose

DEFAULTS = {
    "gradient-descent": "GradientDescent()",
    "sgd": "SGD()",
    "momentum": "Momentum(beta=0.9, nesterov=False)",
    "nesterov": "Nesterov(beta=0.9)",
    "adagrad": "AdaGrad(eps=1e-10)",
    "adadelta": "AdaDelta(rho=0.9, eps=1e-06)",
    "rmsprop": "RMSProp(rho=0.99, eps=1e-08, momentum=0.0, centred=False)",
    "adam": "Adam(beta1=0.9, beta2=0.999, eps=1e-08)",
    "adamw": "AdamW(beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.01)",
    "amsgrad": "AMSGrad(beta1=0.9, beta2=0.999, eps=1e-08)",
    "adamax": "Adamax(beta1=0.9, beta2=0.999, eps=1e-08)",
    "nadam": "NAdam(beta1=0.9, beta2=0.999, eps=1e-08, momentum_decay=0.004)",
    "radam": "RAdam(beta1=0.9, beta2=0.999, eps=1e-08)",
    "signsgd": "SignSGD()",
    "lion": "Lion(beta1=0.9, beta2=0.99, weight_decay=0.0)",
    "lars": "LARS(beta=0.9, trust=0.02, weight_decay=0.0)",
    "lamb": "LAMB(beta1=0.9, beta2=0.999, eps=1e-06, weight_decay=0.0)",
    "muon": "Muon(beta=0.95, nesterov=True, steps=5, weight_decay=0.01, adam_beta1=0.9, adam_beta2=0.999, "
    "adam_eps=1e-08)",
    "soap": "SOAP(beta1=0.95, beta2=0.95, eps=1e-08, weight_decay=0.01, every=10, longest=1024)",
    "sam": "SAM(rule=Momentum(beta=0.9, nesterov=False), rho=0.05)",
    "lookahead": "Lookahead(rule=Adam(beta1=0.9, beta2=0.999, eps=1e-08), k=5, alpha=0.5)",
    "ema": "EMA(rule=Adam(beta1=0.9, beta2=0.999, eps=1e-08), decay=0.999)",
    "schedule-free-sgd": "ScheduleFreeSGD(beta=0.9, weight_decay=0.0)",
    "schedule-free-adamw": "ScheduleFreeAdamW(beta1=0.9, beta2=0.999, eps=1e-08, weight_decay=0.0)",
    "polyak": "Polyak(minimum=0.0)",
    "armijo": "Armijo(share=0.1, shrink=0.5, grow=2.0, trials=30)",
    "blind-descent": "BlindDescent(beta=0.9, eta=0.01, candidates=1)",
    "blind-search": "BlindSearch(candidates=1)",
}
RATES = {
    **{"gradient-descent": 0.1, "sgd": 0.1, "momentum": 0.1, "nesterov": 0.1, "adagrad": 0.01},
    **{"adadelta": 1.0, "rmsprop": 0.01, "adam": 1e-3, "adamw": 1e-3, "amsgrad": 1e-3},
    **{"adamax": 2e-3, "nadam": 2e-3, "radam": 1e-3, "signsgd": 1e-3, "lion": 3e-4, "lars": 0.1},
    **{"lamb": 0.01, "muon": 5e-3, "soap": 3e-3, "sam": 0.1, "lookahead": 1e-3, "ema": 1e-3},
    **{"schedule-free-sgd": 1.0, "schedule-free-adamw": 2.5e-3, "polyak": 1.0, "armijo": 1.0},
    **{"blind-descent": 1e-3, "blind-search": 1e-3},
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_rule_has_the_defaults_that_were_promised(name):
    assert repr(choose(name).rule) == DEFAULTS[name]
    assert choose(name).lr == RATES[name]


def test_every_rule_is_promised():
    assert {name for name, cls in RULES.items() if cls.name == name} == set(DEFAULTS) == set(RATES)
