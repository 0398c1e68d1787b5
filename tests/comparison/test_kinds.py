from collections.abc import Callable

import pytest

from claim_fakes import Claim, written_claim
from steepest.comparison.kinds import CLAIMS, check_claim_kinds
from steepest.storage.schema import Misfit

SPACE = {"trials": 4, "space": [{"name": "lr", "low": 0.001, "high": 10, "scale": "log", "part": 0}]}


def first(**values: object) -> Callable[[Claim], object]:
    return lambda claim: claim["results"][0].update(values)


def asked(where: str, **values: object) -> Callable[[Claim], object]:
    return lambda claim: claim["question"][where].update(values)


def there(**values: object) -> Callable[[Claim], object]:
    return lambda claim: claim["circumstances"].update(values)


def plan(**values: object) -> Callable[[Claim], object]:
    return lambda claim: claim["circumstances"]["environments"][0]["plan"].update(values)


def tuned(**values: object) -> Callable[[Claim], object]:
    def change(claim: Claim) -> None:
        asked("design", tuned=True)(claim)
        space = [{**SPACE["space"][0], **values}]  # type: ignore[index]
        claim["tunings"] = {name: {**SPACE, "space": space} for name in claim["question"]["sides"]}

    return change


BOUNDS = {
    "a unit of a billion": (first(unit=10**9), r"results\[0\].unit is 1000000000"),
    "a unit behind a gap": (first(unit=7), r"results\[0\].unit is 7, and the results have only"),
    "a seed of 18 digits": (first(seed=10**18), r"results\[0\].seed"),
    "another environment": (first(made=1), r"results\[0\].made is 1, and there is no such environment"),
    "weights of no hash": (first(weights="z" * 64), r"results\[0\].weights"),
    "seconds below 0": (first(seconds=-1), r"results\[0\].seconds"),
    "images nobody asked for": (first(correct="AAAA"), r"results\[0\].correct has 4 characters, and 0 hold"),
    "a further field": (first(more=1), r"results\[0\].more is no field"),
    "a million units": (asked("design", units=10**6), "question.design.units"),
    "many seeds a unit": (asked("design", seeds_each=160_000), "makes more than the 12 results in 6 units"),
    "another budget": (asked("design", budget="wine"), "must be trials or passes"),
    "another metric": (asked("criterion", metric="beauty"), "must be accuracy or loss"),
    "a trillion images": (there(test_images=10**12), "circumstances.test_images is 1000000000000"),
    "a hash of no run": (there(hashes={}), r"circumstances.hashes has none of results\[0\]"),
    "a million threads": (plan(threads=10**6), "plan.threads is 1000000"),
    "no thread": (plan(threads=0), "plan.threads is 0"),
    "another device": (plan(device="meta"), "must be cpu or cuda or mps"),
    "another precision": (plan(precision="float8"), "must be float32 or bfloat16"),
    "a candidate that is no side": (lambda c: c["question"].update(candidate="x"), "no side is called so"),
    "too many sides": (lambda c: c["question"].update(sides={f"{n}": {} for n in range(300)}), "1 to 256"),
    "a space of nobody": (lambda c: c["tunings"].update(x=SPACE), "'x' is not in both"),
    "no space": (asked("design", tuned=True), "'side 0' is not in both"),
    "a space that is none": (tuned(low=20), "'lr' from 20 to 10 is no range on a log scale"),
    "a space below 0": (tuned(low=-1), "is no range on a log scale"),
    "a space without lr": (tuned(name="beta"), "must be lr and others"),
}


@pytest.mark.parametrize("how", BOUNDS)
def test_every_number_has_a_bound_and_what_is_named_is_there(how):
    change, said = BOUNDS[how]
    claim = written_claim()
    check_claim_kinds(claim, "")
    change(claim)
    with pytest.raises(Misfit, match=said):
        check_claim_kinds(claim, "")


def test_images_are_as_many_as_the_lists_of_right_ones_hold():
    for images, letters in ((1000, 168), (8, 4), (24, 4), (25, 8)):
        claim = written_claim(test_images=images, criterion={"images": True})
        for result in claim["results"]:
            result["correct"] = "A" * letters
        check_claim_kinds(claim, "")
        claim["circumstances"]["test_images"] += 1000
        with pytest.raises(Misfit, match=f"correct has {letters:,} characters"):
            check_claim_kinds(claim, "")


def test_a_tuned_claim_and_those_of_older_formats_are_read():
    claim = written_claim()
    tuned()(claim)
    check_claim_kinds(claim, "")
    older = {key: value for key, value in claim.items() if key != "tunings"}
    check_claim_kinds({**older, "format": 3}, "")
    check_claim_kinds({**older, "format": 2, "program": "0" * 64}, "")
    assert list(CLAIMS) == [2, 3, 4]
