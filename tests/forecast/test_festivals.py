from datetime import date

import numpy as np

from cleanplate_forecast.domain.festivals import calendar_numbers


def of(*days: date, by_hand=None) -> dict[str, list[float]]:
    ordinals = np.array([day.toordinal() for day in days])
    return {
        name.removeprefix("China "): values.tolist()
        for name, values in calendar_numbers(ordinals, by_hand or {}).items()
    }


def test_days_to_and_since_the_national_holiday_are_counted():
    found = of(date(2025, 9, 29), date(2025, 9, 30), date(2025, 10, 9), date(2025, 10, 10))
    assert found["to holiday"] == [2, 1, 15, 15]
    assert found["since holiday"][2:] == [1, 2]
    assert found["holiday ahead"][:2] == [8, 8]
    assert found["holiday before"][2:] == [8, 8]


def test_the_spring_festival_is_told_by_the_lunar_calendar():
    before, day, lantern, summer = (
        date(2026, 2, 10), date(2026, 2, 17), date(2026, 3, 3), date(2026, 7, 1),
    )  # fmt: skip
    assert of(before)["Spring Festival"] == [of(day)["Spring Festival"][0] - 7]
    assert of(lantern)["Spring Festival"][0] > 0
    assert of(summer)["Spring Festival"] == [40]


def test_make_up_workdays_and_days_set_by_hand_are_moved_days():
    worked_sunday, plain = date(2025, 9, 28), date(2025, 9, 24)
    assert of(worked_sunday, plain)["moved day"] == [1, 0]
    assert of(plain, by_hand={plain: False})["moved day"] == [1]
