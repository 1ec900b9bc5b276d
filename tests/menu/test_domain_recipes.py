import pytest

from cleanplate_menu import domain


def test_what_is_bought_is_what_is_needed_by_its_yield():
    # 110 g of tomato at a net yield of 95 %: 110 / 0.95 = 115.789 473... g
    assert domain.gross_milligrams(110_000, 950) == 115_789
    # 20 g of soaked wood ear from dried at 800 %: 2.5 g
    assert domain.gross_milligrams(20_000, 8_000) == 2_500
    assert domain.gross_milligrams(1, 1000) == 1
    with pytest.raises(ValueError, match="more than nothing"):
        domain.gross_milligrams(1, 0)


def test_what_is_served_is_what_was_cooked_by_its_yield():
    # (110 + 60 + 8) g at 85 % = 151.3 g; 75 g of rice at 230 % = 172.5 g
    assert domain.served_milligrams([110_000, 60_000, 8_000], 850) == 151_300
    assert domain.served_milligrams([75_000], 2_300) == 172_500
    assert domain.served_milligrams([], 1000) == 0


@pytest.mark.parametrize(
    ("whole", "size", "own", "grams"),
    [(180, "full", None, 180), (180, "half", None, 90), (180, "small", None, 126),
     (181, "half", None, 91), (185, "small", None, 130), (180, "half", 100, 100)],
)  # fmt: skip
def test_a_small_portion_is_less_than_a_whole_and_more_than_a_half(whole, size, own, grams):
    assert domain.portion_grams(whole, size, own) == grams
