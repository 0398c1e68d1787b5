from steepest.content.markup import Html, element, joined


def test_text_is_escaped_and_markup_is_not() -> None:
    assert element("p", "<i>", Html("<i>")) == "<p>&lt;i&gt;<i></p>"


def test_an_attribute_cannot_be_left_by_a_quote() -> None:
    assert element("img", alt='" onerror="alert(1)') == '<img alt="&quot; onerror=&quot;alert(1)"/>'


def test_an_attribute_that_is_none_is_left_out() -> None:
    assert element("td", 5, class_=None, colspan=2) == '<td colspan="2">5</td>'


def test_joining_keeps_the_escaping_of_each_part() -> None:
    assert joined(["a<b", element("b", "c")], "\n") == "a&lt;b\n<b>c</b>"
