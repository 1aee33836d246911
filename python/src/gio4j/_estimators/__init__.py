"""Estimators of scikit-learn, and without scikit-learn the same but for what only it makes."""

from gio4j._estimators.kmeans import KMeans
from gio4j._estimators.selector import Selector

__all__ = ["KMeans", "Selector"]
