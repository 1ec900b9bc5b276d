"""The food loss and waste inventory: lines that add up to the gram, totals, and the scope."""
