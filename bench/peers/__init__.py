"""What forecasts are compared with: the usual libraries, as a data scientist would use them."""
