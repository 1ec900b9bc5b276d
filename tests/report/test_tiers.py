from cleanplate_shared.contracts.waste_tiers import MonthTier, Tier, TierReason, TiersJudged
from support.facts import a_day, weighed
from support.identities import bearer
from support.services import CANTEEN, ORGANIZATION

C = {"tier": "C", "reason": "not_compared"}


def judged(tier, reason="agrees", month="2026-06", version=1, canteen_id=CANTEEN):
    one = MonthTier(
        canteen_id=canteen_id, month=month, tier=Tier(tier), reason=TierReason(reason),
        version=version,
    )  # fmt: skip
    return TiersJudged(tiers=[one])


async def test_a_month_that_nobody_compared_is_not_trusted(service, monthly):
    await service.tell(weighed(a_day("2026-06-01")))
    report = await monthly()
    assert report["figures"]["trust"] == C
    assert report["last_month"]["trust"] is None
    assert report["canteens"][0]["trust"] == C


async def test_a_month_bears_the_newest_tier_it_was_given(service, monthly):
    await service.tell(weighed(a_day("2026-06-01")), judged("B", "differs", version=2))
    await service.tell(judged("A", version=3), judged("C", "far_off", version=1))
    await service.tell(judged("C", "far_off", month="2026-05", version=9))
    report = await monthly()
    assert report["figures"]["trust"] == {"tier": "A", "reason": "agrees"}
    assert report["canteens"][0]["trust"]["tier"] == "A"


async def test_an_organisation_is_trusted_as_its_least_trusted_canteen(service, monthly):
    await service.tell(weighed(a_day("2026-06-01")), judged("B", "incomplete"))
    caller = bearer("manager", organization_id=ORGANIZATION, iat=0, exp=2**33)
    report = await monthly(caller, organization_id=str(ORGANIZATION))
    assert report["figures"]["trust"] == {"tier": "B", "reason": "incomplete"}
