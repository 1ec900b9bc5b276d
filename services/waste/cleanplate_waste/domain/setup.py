"""What a kitchen weighs in before anybody has said otherwise."""

GRAMS_PER_LITRE = 1_000  # wet kitchen waste is close to water
GRAMS_PER_BUCKET = 20_000  # a bucket of twenty litres
