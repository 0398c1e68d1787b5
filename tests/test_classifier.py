import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import steepest
from steepest.classifier import Classifier
from steepest.errors import DivergedError, ShapeError, UserError


@parametrize_with_checks([Classifier()])
def test_scikit_learns_own_checks_pass(estimator, check) -> None:
    check(estimator)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_digits(return_X_y=True)
    return X[:400], y[:400]


def quick(**settings: object) -> Classifier:
    return Classifier(**{"model": "F10", "epochs": 5, "lr": 0.02, **settings})


def test_it_learns_digits(digits) -> None:
    X, y = digits
    made = quick().fit(X[:300], y[:300])
    assert made.score(X[300:], y[300:]) > 0.85
    shares = made.predict_proba(X)
    assert shares.shape == (400, 10)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (made.classes_[shares.argmax(axis=1)] == made.predict(X)).all()
    assert [row["epoch"] for row in made.history_] == [1, 2, 3, 4, 5]


def test_rows_pictures_and_pictures_with_a_channel_are_the_same_to_it(digits) -> None:
    X, y = digits
    forms = [X, X.reshape(-1, 8, 8), X.reshape(-1, 1, 8, 8)]
    answers = [quick(model="4C3-R-F10").fit(each, y).predict_proba(each) for each in forms]
    assert np.array_equal(answers[0], answers[1])
    assert np.array_equal(answers[0], answers[2])


def test_colour_pictures_and_rows_of_three_squares_are_taken(digits) -> None:
    X = np.random.default_rng(0).integers(0, 255, (40, 3, 8, 8)).astype(np.uint8)
    y = np.arange(40) % 2
    X[y == 1, 0] //= 4
    made = quick(model="4C3-R-F2", epochs=8).fit(X, y)
    rows = quick(model="4C3-R-F2", epochs=8).fit(X.reshape(40, -1), y)
    assert made.network_.layers == rows.network_.layers
    assert np.array_equal(made.predict(X), rows.predict(X.reshape(40, -1)))
    assert made.score(X, y) > 0.9


def test_bytes_and_floats_of_the_same_pixels_give_the_same_answers(digits) -> None:
    X, y = digits
    as_bytes = quick().fit(X.astype(np.uint8), y).predict_proba(X.astype(np.uint8))
    for kind in (np.float32, np.float64, np.int64):
        assert np.allclose(quick().fit(X.astype(kind), y).predict_proba(X.astype(kind)), as_bytes)


def test_labels_may_be_text_booleans_or_any_numbers(digits) -> None:
    X, y = digits
    words = np.array([f"digit {each}" for each in y])
    made = quick().fit(X, words)
    assert made.classes_.tolist() == sorted(set(words))
    assert set(made.predict(X)) <= set(words)
    assert (made.predict(X) == words).mean() > 0.8
    assert set(quick(model="F2").fit(X, y > 4).predict(X)) == {True, False}
    assert set(quick(model="F2").fit(X, np.where(y > 4, -7, 99)).predict(X)) == {-7, 99}


def test_one_random_state_gives_one_answer_and_another_another(digits) -> None:
    X, y = digits
    first, again, other = (
        quick(random_state=seed, model="F16-R-D0.2-F10").fit(X, y).predict_proba(X) for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    drawn = quick(random_state=np.random.RandomState(0)).fit(X, y)
    assert drawn.random_state.get_state()[2] == 1  # one draw was taken from it


def test_fitting_leaves_global_generators_alone(digits) -> None:
    X, y = digits
    before, torchs = np.random.get_state()[1].copy(), torch.get_rng_state()
    quick(model="F8-R-D0.5-F10").fit(X, y).predict(X)
    assert (np.random.get_state()[1] == before).all()
    assert torch.equal(torch.get_rng_state(), torchs)


def test_it_works_in_cross_validation_pipelines_and_searches(digits) -> None:
    X, y = digits
    assert cross_val_score(quick(), X, y, cv=3).mean() > 0.8
    pipeline = make_pipeline(StandardScaler(), quick(normalize="raw"))
    assert pipeline.fit(X, y).score(X, y) > 0.9
    pictures = make_pipeline(FunctionTransformer(lambda rows: rows.reshape(-1, 8, 8)), quick())
    assert pictures.fit(X, y).score(X, y) > 0.9
    search = GridSearchCV(quick(), {"lr": [1e-6, 0.02], "model": ["F10"]}, cv=2).fit(X, y)
    assert search.best_params_["lr"] == 0.02


@pytest.mark.parametrize("model", ["F10", "8C3-B-R-D0.5-F10"])
def test_it_comes_back_from_a_pickle_and_a_clone_is_unfitted(model: str, digits) -> None:
    X, y = digits
    made = quick(model=model, epochs=1).fit(X, y)
    again = pickle.loads(pickle.dumps(made))
    assert np.array_equal(again.predict_proba(X), made.predict_proba(X))
    copied = clone(made)
    assert copied.get_params() == made.get_params()
    assert not hasattr(copied, "network_")


def test_an_image_shape_that_does_not_hold_the_numbers_is_refused(digits) -> None:
    X, y = digits
    assert quick(image_shape=(1, 4, 16)).fit(X, y).network_
    with pytest.raises(ShapeError, match=r"image_shape \(1, 7, 9\) does not hold 64 numbers"):
        quick(image_shape=(1, 7, 9)).fit(X, y)
    with pytest.raises(ShapeError, match="one row of it is"):
        quick().fit(X.reshape(-1, 2, 2, 4, 4), y)


def test_validation_with_patience_keeps_the_best_epochs_weights(digits) -> None:
    X, y = digits
    made = quick(val=0.25, patience=2, epochs=60, lr=0.1).fit(X, y)
    assert len(made.history_) < 60
    best = max(made.history_, key=lambda row: (row["val_accuracy"], -row["val_loss"]))
    fresh = quick(val=0.25, epochs=int(best["epoch"]), lr=0.1).fit(X, y)
    assert np.allclose(made.predict_proba(X), fresh.predict_proba(X))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"optimizer": "adm"}, "Did you mean `adam`"),
        ({"model": "F3"}, "end the notation with F10"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"lr": -1.0}, "lr must be above 0"),
        ({"patience": 3}, "patience needs a validation split"),
        ({"batch_size": 2.5}, "batch_size must be a whole number"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_when_it_is_fitted(
    settings: dict[str, object], words: str, digits
) -> None:
    with pytest.raises(UserError, match=words):
        quick(**settings).fit(*digits)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_refused(value: float, digits) -> None:
    X, y = digits
    broken = X.copy()
    broken[3, 4] = value
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        quick().fit(broken, y)
    with pytest.raises(ValueError, match=r"NaN|infinity"):
        quick(epochs=1).fit(X, y).predict(broken)


def test_other_features_than_those_it_was_fitted_with_are_refused(digits) -> None:
    X, y = digits
    with pytest.raises(ValueError, match="features"):
        quick(epochs=1).fit(X, y).predict(X[:, :49])
    pictures = quick(epochs=1, model="4C3-R-F10").fit(X.reshape(-1, 8, 8), y)
    with pytest.raises(ShapeError, match=r"The images are \[1, 8, 4\]; those it was fitted on"):
        pictures.predict(X.reshape(-1, 8, 8)[:, :, :4])


def test_a_diverged_fit_says_so(digits) -> None:
    with pytest.raises(DivergedError, match="smaller --lr"):
        quick(model="mlp", optimizer="sgd", lr=1e30).fit(*digits)


def test_a_constant_image_and_one_class_are_no_trouble() -> None:
    made = quick(epochs=1, model="F2").fit(np.ones((8, 4)), np.arange(8) % 2)
    assert made.predict(np.ones((2, 4))).shape == (2,)
    one = quick(epochs=1, model="F1").fit(np.random.default_rng(0).random((8, 4)), ["a"] * 8)
    assert set(one.predict(np.zeros((3, 4)))) == {"a"}


def test_it_is_a_public_name() -> None:
    assert steepest.Classifier is Classifier
