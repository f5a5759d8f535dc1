"""What Kubeflow's database keeps, whatever its character set is."""

import pytest

from level2.base.plain import packed, plain, plain_tree, unpacked


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("rmse 9.1, wanted ≤ 8 · v1 → v2 …", "rmse 9.1, wanted <= 8 - v1 -> v2 ..."),
        ("wanted ≥ 0.5\u202f%", "wanted >= 0.5%"),
        ("größe of 表", "gr\\xf6\\xdfe of \\u8868"),
        ("plain as it is, 100 %", "plain as it is, 100 %"),
    ],
)
def test_every_sign_is_ascii_and_our_own_can_be_read(text, kept):
    assert plain(text) == kept
    assert plain(text).isascii()
    assert plain_tree({"ü": [text, 1, None, {"a": text}]}) == {
        "\\xfc": [kept, 1, None, {"a": kept}]
    }


@pytest.mark.parametrize(
    "word", ["tune.trials=3", "data.source=s3://b/größe ≤ 表.csv", 'a="b"', '"quoted"=1', "", '"']
)
def test_a_knob_comes_back_as_it_was_given(word):
    assert packed(word).isascii()
    assert unpacked(packed(word)) == word
    assert packed(unpacked(packed(word))) == packed(word), "also after a second time"
