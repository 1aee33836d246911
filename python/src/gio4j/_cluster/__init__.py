"""K-means, and the model that it leaves."""
