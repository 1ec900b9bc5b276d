"""What diners think of dishes, what is left of them, and what follows from it."""
