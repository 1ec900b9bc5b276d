"""What is known of days in advance: weather, events, anything that somebody brings."""
