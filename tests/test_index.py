"""The index: exact and approximate search, files that are mapped, and what it refuses."""
from pathlib import Path

import pytest
import torch
from torch.nn.functional import normalize

from chironomia.motion_library.index import TextIndex, default_tuning


@pytest.fixture(scope="module")
def vectors() -> torch.Tensor:
    return normalize(torch.randn(3000, 32, generator=torch.Generator().manual_seed(0)), dim=-1)


def _recall(index: TextIndex, vectors: torch.Tensor) -> float:
    queries = normalize(vectors[:50] + 0.1 * torch.randn(50, 32, generator=torch.Generator().manual_seed(1)), dim=-1)
    true = (queries @ vectors.T).topk(10).indices
    found = index.nearest(queries, 10, "e")[1]
    return sum(len(set(a.tolist()) & set(b.tolist())) for a, b in zip(true, found, strict=True)) / 500


@pytest.mark.parametrize("factory", ["Flat", "HNSW16", "HNSW16_SQ8", "IVF16,Flat", "IVF16,SQ8", "IVF16,PQ16x4fs"])
def test_an_index_that_was_saved_and_mapped_finds_what_exact_search_finds(vectors: torch.Tensor, tmp_path: Path, factory: str) -> None:
    tuning = "nprobe=12,refine=10" if "IVF" in factory else ""
    index = TextIndex(vectors, "e", factory, tuning=tuning)
    assert _recall(index, vectors) >= 0.9
    if not index.exact:
        index.save(tmp_path / "i.faiss")
        back = TextIndex(vectors, "e", factory, tuning=tuning, path=tmp_path / "i.faiss")
        assert torch.equal(back.nearest(vectors[:9], 5, "e")[1], index.nearest(vectors[:9], 5, "e")[1])


def test_compressed_vectors_are_compared_again_in_full(vectors: torch.Tensor) -> None:
    coarse, refined = (TextIndex(vectors, "e", "IVF16,PQ4x4fs", tuning=f"nprobe=16,refine={n}") for n in (1, 40))
    assert _recall(refined, vectors) > _recall(coarse, vectors) + 0.2
    similarities, rows = refined.nearest(vectors[:3], 4, "e")
    assert torch.allclose(similarities, (vectors[rows] * vectors[:3, None]).sum(-1), atol=1e-6)
    assert rows[:, 0].tolist() == [0, 1, 2]


def test_more_neighbours_than_texts_give_all_texts(vectors: torch.Tensor) -> None:
    assert [len(hits) for hits in TextIndex(vectors[:7], "e").search(vectors[:2], 50, "e")] == [7, 7]
    assert TextIndex(vectors[:7], "e").search(vectors[:0], 5, "e") == []


@pytest.mark.parametrize(
    ("factory", "tuning", "message"),
    [
        ("Cube", "", "factory string"),
        ("HNSW8", "speed=3", "no search parameter 'speed=3'"),
        ("IVF16,Flat", "nprobe", "cannot read 'nprobe'"),
        ("IVF16,Flat", "nprobe=0", "cannot read 'nprobe=0'"),
    ],
)
def test_what_faiss_does_not_know_is_told_in_one_line(vectors: torch.Tensor, factory: str, tuning: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as raised:
        TextIndex(vectors, "e", factory, tuning=tuning)
    assert "\n" not in str(raised.value)


def test_too_few_texts_to_learn_from_are_told(vectors: torch.Tensor) -> None:
    with pytest.raises(ValueError, match="10 texts are too few"):
        TextIndex(vectors[:10], "e", "IVF64,Flat").nearest(vectors[:1], 3, "e")


def test_vectors_that_are_not_finite_or_of_another_embedder_are_refused(vectors: torch.Tensor) -> None:
    broken = vectors.clone()
    broken[3, 4] = torch.nan
    with pytest.raises(ValueError, match="finite"):
        TextIndex(broken, "e")
    with pytest.raises(ValueError, match="made by the embedder 'e', but the query comes from 'f'"):
        TextIndex(vectors, "e").nearest(vectors[:1], 3, "f")


def test_a_file_of_another_library_is_refused(vectors: torch.Tensor, tmp_path: Path) -> None:
    TextIndex(vectors, "e", "HNSW8").save(tmp_path / "i.faiss")
    with pytest.raises(ValueError, match="holds 3000 vectors of length 32, the library"):
        TextIndex(vectors[:100], "e", "HNSW8", path=tmp_path / "i.faiss").nearest(vectors[:1], 3, "e")


def test_search_parameters_grow_with_the_number_of_lists() -> None:
    assert default_tuning("IVF1024,PQ192x4fs", 10**6) == "nprobe=64,refine=10"
    assert default_tuning("Flat", 10) == "refine=1"


@pytest.mark.gpu
def test_a_large_index_is_searched_on_the_gpu_where_faiss_has_one() -> None:
    import faiss

    if not hasattr(faiss, "StandardGpuResources") or faiss.get_num_gpus() == 0:
        pytest.skip("this FAISS has no GPU")
    many = normalize(torch.randn(120_000, 32, generator=torch.Generator().manual_seed(0)), dim=-1)
    assert TextIndex(many, "e").nearest(many[:5], 1, "e")[1].flatten().tolist() == [0, 1, 2, 3, 4]
