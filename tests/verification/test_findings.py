from steepest.verification.findings import Finding, Verification

HELD, REFUTED, UNKNOWN = Finding("a", True, "holds"), Finding("b", False, "does not"), Finding("c", None, "far")


def test_what_is_refuted_weighs_more_than_what_is_unknown_and_that_more_than_what_holds():
    for findings, accepted, verdict in [
        ((HELD,), True, "accepted"),
        ((HELD, UNKNOWN), None, "cannot be judged to the byte here: c"),
        ((HELD, UNKNOWN, REFUTED, REFUTED), False, "refuted: b"),
    ]:
        found = Verification("claim.json", findings)
        assert (found.accepted, found.verdict) == (accepted, verdict)
        assert found.to_dict()["accepted"] is accepted


def test_a_finding_is_one_line_whatever_a_strangers_name_holds():
    finding = Finding("verdicts", True, "sgd\x1b[2J\x1b[H\r\nok       all\u2028accepted\x9b\u202e\ud800")
    assert str(finding) == (r"ok       verdicts: sgd\x1b[2J\x1b[H\r\nok       all\u2028accepted\x9b\u202e\ud800")
