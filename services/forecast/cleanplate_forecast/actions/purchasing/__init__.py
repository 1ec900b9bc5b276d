"""What to buy: from dishes to ingredients, packs and deliveries."""
