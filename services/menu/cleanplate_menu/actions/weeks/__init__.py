"""How a canteen holds its meals: its rules, single meals, whole weeks."""
