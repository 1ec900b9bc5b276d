/* Small help for the phone pages; every page works without it. */
