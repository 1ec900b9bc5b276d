"""A line of a hauler's statement, and a week whose bins are all drawn, for the world."""


async def compare(made) -> None:
    """Say what was collected, and draw every bin of the week."""
    ids = made.ids
    here = {"canteen_id": ids["canteen_id"]}
    collected = await made.make(
        "manager", "/api/v1/waste/collections",
        **here, date=ids["today"], net_grams=20_000, hauler="城洁收运（示例）",
    )  # fmt: skip
    draws = [{"stream": "plate", "one_in": 1}]
    plan = "/api/v1/waste/sorting/plans"
    await made.make("manager", plan, **here, week=ids["today"], streams=draws)
    ids["collection_id"] = collected["id"]
