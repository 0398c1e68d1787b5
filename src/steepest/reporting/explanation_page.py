"""``explanation.html`` and ``label-errors.html``: each one file that asks the network for nothing."""

from collections.abc import Iterable, Sequence

from ..data.dataset import Split
from ..explanation.findings import Explanation, ImageExplanation
from ..explanation.label_errors import LabelRanking, Suspect
from .about_run import fold
from .document import links, page, sections
from .explanation_cards import alike_views, asked_card, maps_view, weights_view, wrong_card
from .explanation_text import label_errors_summary
from .explanation_tiles import image_picture
from .explanation_words import missed
from .image_cards import card, mosaic, views
from .markup import Html, element, joined
from .pictures import data_uri
from .wording import percent

READING = {
    "Feature maps": "What a layer gives for one image. Bright is large, black is 0; where a layer also gives "
    "values below 0, red is above 0, blue below, white is 0. One scale for all maps of a layer.",
    "Weights": "What a layer multiplies its inputs with: red adds, blue takes away, white ignores.",
    "Occlusion": "A square, a fifth of the image wide, in the background's colour slides over the image. Red: "
    "hidden there, the predicted class loses probability, so that part speaks for it. Blue: it gains.",
    "Saliency": "How strongly the predicted class's logit answers to a small change of each pixel. It says where "
    "the network is sensitive, not in which direction.",
    "Alike": "The training images whose values before the last layer point in the most similar direction: the "
    "cosine is 1 where they agree.",
}


def explanation_document(explanation: Explanation) -> str:
    """Return the whole page of an explanation."""
    captum = explanation.images[0].occlusion is not None
    known = {
        key: said for key, said in READING.items() if captum or key not in ("Occlusion", "Saliency")
    }
    parts = [
        ("Images", joined(_subject(each) for each in explanation.images)),
        ("Wrong images", _wrong(explanation)),
        ("Weights", _weights(explanation)),
        ("How to read it", element("dl", *_defined(known), class_="meanings")),
    ]
    title = f"{explanation.title}, taken apart"
    about = f"Run {explanation.run.resolve().name}, {explanation.split} split."
    return _page(title, about, explanation.notes, parts)


def label_errors_document(ranking: LabelRanking, split: Split, title: str, most: int) -> str:
    """Return the page of likely label errors.

    Args:
        ranking: of a split's labels.
        split: its images.
        title: model and data.
        most: how many to show.
    """
    cards = [
        _suspect(rank, each, split) for rank, each in enumerate(ranking.suspects(most), start=1)
    ]
    said = [element("p", line) for line in label_errors_summary(ranking)]
    how = (
        "Under each image: its label, and what the networks see instead, with the probabilities that they give "
        "both. The most doubtful come first: where the label's probability lies furthest below the other's. "
        "Doubted: the other class reaches the probability that its own images usually get."
    )
    parts = [
        ("Most doubtful labels", joined([*said, element("p", how, class_="quiet"), _cards(cards)]))
    ]
    return _page(f"{title}: likely label errors", "", (), parts)


def _page(title: str, about: str, notes: Iterable[str], parts: Sequence[tuple[str, Html]]) -> str:
    header = element(
        "header",
        element("h1", title),
        element("p", about, class_="quiet") if about else None,
        *(element("p", note, class_="note", role="note") for note in notes),
    )
    navigation = links(parts) if len(parts) > 1 else None
    return page(title, header, navigation, sections(parts), ("report.css", "explanation.css"))


def _subject(image: ImageExplanation) -> Html:
    """Return one image: itself and its maps, the answer, its neighbours, and every layer behind a fold."""
    layers = [mosaic(maps_view(name, values)) for name, values in image.maps.items()]
    return card(
        asked_card(image),
        views(alike_views(image), "views small"),
        fold("Layer by layer", joined(layers)) if layers else None,
        answer=_ranking(image),
    )


def _wrong(explanation: Explanation) -> Html:
    cards = (card(wrong_card(each)) for each in explanation.wrong)
    return joined([element("p", missed(explanation)), *cards])


def _ranking(image: ImageExplanation) -> Html:
    cells: list[Html] = []
    for name, share in image.ranking:
        filled = element("span", style=f"--d:{round(100 * share, 1)}")
        cells += [
            element("span", name),
            element("span", filled, class_="track"),
            element("span", percent(share, 1)),
        ]
    return element("div", *cells, class_="ranking")


def _weights(explanation: Explanation) -> Html:
    if not explanation.weights:
        return element("p", "No layer has a matrix of weights.")
    return joined(mosaic(weights_view(each)) for each in explanation.weights)


def _defined(meanings: dict[str, str]) -> list[Html]:
    return [
        part for key, said in meanings.items() for part in (element("dt", key), element("dd", said))
    ]


def _suspect(rank: int, each: Suspect, split: Split) -> Html:
    alt = f"labelled {each.given}, looks like {each.suggested}"
    doubted = element("span", "doubted", class_="doubted") if each.confident else None
    return element(
        "li",
        element("img", src=data_uri(image_picture(split.images[each.row])), alt=alt),
        element("b", f"{each.given} → {each.suggested}"),
        element(
            "span",
            f"{percent(each.probability_given, 1)} → {percent(each.probability_suggested, 1)}",
        ),
        element("span", f"{rank}. {each.name or f'row {each.row}'}", class_="place"),
        doubted,
    )


def _cards(cards: list[Html]) -> Html:
    return element("ul", *cards, class_="wrong worded")
