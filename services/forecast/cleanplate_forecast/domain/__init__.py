"""Rules and arithmetic of forecasting: numpy and the standard library, nothing else."""
