"""The half of GIOKL that deals with frames: reading, quantising and exploding them."""

from __future__ import annotations

import random
from typing import Any, Literal

from gio4j import read_csv, read_parquet
from gio4j._checks import one_of
from gio4j._cluster.kmeans import (
    KMeansModel,
    find_centers,
    warn_of_early_stop,
    warn_of_fewer,
    with_predictions,
)
from gio4j._rows import spark as spark_frames
from gio4j._rows.explode import chosen_clusters, rows_of_clusters


class Frames:
    """Frames of Spark, pyarrow, pandas and polars, each answered in its own kind."""

    _spark: Any = None

    @property
    def spark(self) -> Any:
        """A SparkSession, made when first asked for; ImportError with the cure without pyspark."""
        if self._spark is None:
            self._spark = spark_frames.session()
        return self._spark

    @spark.setter
    def spark(self, session: Any) -> None:
        self._spark = session

    def read_data_from_csv(
        self,
        path: str,
        path_X: str,
        delim: str = "\t",
        *,
        on_error: Literal["raise", "skip"] = "raise",
    ) -> tuple[Any, Any]:
        r"""Read two CSV files whose third column holds JSON vectors.

        With pyspark the answers are Spark DataFrames, else pyarrow Tables, as `gio4j.read_csv`
        gives them.

        Parameters
        ----------
        path : str
            The file of train.
        path_X : str
            The file of the target.
        delim : str, default="\\t"
            The one character between fields.
        on_error : {"raise", "skip"}, default="raise"
            "skip" leaves bad rows out and warns with their count; Spark, when asked for the rows,
            names none.

        Returns
        -------
        train, target : pyspark.sql.DataFrame or pyarrow.Table
            Columns `_c0`, `_c1`, `_c2` ... (text) and `features`.
        """
        if spark_frames.is_installed():
            skip = one_of(on_error, "on_error", ("raise", "skip")) == "skip"
            train, target = (
                spark_frames.read_csv(self.spark, file, delim, skip) for file in (path, path_X)
            )
            return train, target
        return read_csv(path, delim, on_error=on_error), read_csv(path_X, delim, on_error=on_error)

    def read_data_from_parquet(self, path: str, path_X: str) -> tuple[Any, Any]:
        """Read two Parquet files with a column `features` of lists.

        Parameters
        ----------
        path : str
            The file of train.
        path_X : str
            The file of the target.

        Returns
        -------
        train, target : pyspark.sql.DataFrame or pyarrow.Table
            Spark DataFrames with pyspark, else pyarrow Tables.
        """
        if spark_frames.is_installed():
            return spark_frames.read_parquet(self.spark, path), spark_frames.read_parquet(
                self.spark, path_X
            )
        return read_parquet(path), read_parquet(path_X)

    def quantize(
        self,
        df_train: Any,
        df_x: Any,
        k: int = 1500,
        rseed: str = "auto",
        rseed1: int = 234,
        rseed2: int = 456,
    ) -> tuple[KMeansModel, KMeansModel, Any, Any]:
        """Cluster both frames by K-means.

        Parameters
        ----------
        df_train, df_x : frame or array-like
            Frames with a column `features`, of Spark, pyarrow, pandas or polars; or arrays.
        k : int, default=1500
            Clusters of each; if there are fewer distinct rows, each is a cluster, with a
            GIOWarning.
        rseed : {"auto", "manual"}, default="auto"
            "auto" draws both seeds from `random`, as the reference does; "manual" takes `rseed1`
            and `rseed2`.
        rseed1, rseed2 : int, default=234 and 456
            Seeds of train and target.

        Returns
        -------
        model_train, model_X : gio4j.KMeansModel
            The centres of each.
        transformed_train, transformed_X : frame or ndarray of shape (n,), int32
            Each frame in its own kind with an int column `prediction`; for an array the predictions
            alone.

        Warns
        -----
        GIOWarning
            If there are fewer distinct rows than clusters, or the stop rule ended a K-means early.

        Notes
        -----
        The stop rule is Spark's: no centre moved by more than 1e-4, whatever the scale of the rows.
        The tolerance of `gio4j.kmeans` is relative.
        """
        if one_of(rseed, "rseed", ("auto", "manual")) == "auto":
            rseed1, rseed2 = random.randint(-1000, 1000), random.randint(-1000, 1000)
        model_train, transformed_train = _quantized(df_train, k, rseed1, "df_train")
        model_X, transformed_X = _quantized(df_x, k, rseed2, "df_x")
        models = {"df_train": model_train, "df_x": model_X}
        warn_of_fewer("k", k, models)
        warn_of_early_stop(models)
        return model_train, model_X, transformed_train, transformed_X

    def _return_kmeans(self, df: Any, k: int, rseed: int) -> tuple[KMeansModel, Any]:
        """The model of k clusters, and the frame with their numbers in `prediction`."""
        model, transformed = _quantized(df, k, rseed, "df")
        warn_of_fewer("k", k, {"df": model})
        warn_of_early_stop({"df": model})
        return model, transformed

    def explode(
        self,
        chosen_centroids: Any,
        kmeans_transformed_df: Any,
        kmeans_centroids_df: Any = None,
        *,
        columns: list[str] | None = None,
    ) -> Any:
        """Give back every row of the clusters whose centroids were chosen.

        Parameters
        ----------
        chosen_centroids : array-like
            Rows of W without the start rows; or positions, ``selection_.indices``.
        kmeans_transformed_df : frame
            A frame as `quantize` gives it.
        kmeans_centroids_df : frame or list of ndarray, default=None
            A frame of (id, centroid), or ``model.clusterCenters()``.
        columns : list of str, default=None
            Columns of the answer, beside `i` and `id`; None is all.

        Returns
        -------
        frame
            The rows, as `gio4j.explode` gives them.
        """
        clusters = chosen_clusters(
            chosen_centroids, kmeans_centroids_df, ("chosen_centroids", "kmeans_centroids_df")
        )
        chosen = len(getattr(chosen_centroids, "indices", chosen_centroids))
        print(f"Found {len(clusters)} centroids out of {chosen} selected centroids")
        return rows_of_clusters(kmeans_transformed_df, clusters, columns, "kmeans_transformed_df")


def _quantized(frame: Any, k: int, seed: int, name: str) -> tuple[KMeansModel, Any]:
    model = find_centers(
        frame, k, stop="absolute_shift", seed=seed, names={"data": name, "clusters": "k"}
    )
    assignments = model.assignments
    assert assignments is not None, "only a loaded model has none"
    return model, with_predictions(frame, model, lambda: assignments)
