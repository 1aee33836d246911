package io.gio4j.gateway;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.gio4j.Progress;

/** What a job does. Each kind is a record of its fields. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = DeduplicateRequest.class, name = "deduplicate"),
  @JsonSubTypes.Type(value = DivergenceRequest.class, name = "divergence"),
  @JsonSubTypes.Type(value = DistancesRequest.class, name = "distances"),
  @JsonSubTypes.Type(value = DivergenceTermsRequest.class, name = "divergence_terms"),
  @JsonSubTypes.Type(value = DescentRequest.class, name = "descent"),
  @JsonSubTypes.Type(value = GradientSearchRequest.class, name = "gradient_search"),
  @JsonSubTypes.Type(value = KMeansRequest.class, name = "kmeans"),
  @JsonSubTypes.Type(value = LayoutRequest.class, name = "layout"),
  @JsonSubTypes.Type(value = NearestCentersRequest.class, name = "nearest_centers"),
  @JsonSubTypes.Type(value = NearestRowsRequest.class, name = "nearest_rows"),
  @JsonSubTypes.Type(value = ReadCsvRequest.class, name = "read_csv"),
  @JsonSubTypes.Type(value = ScoreRequest.class, name = "score"),
  @JsonSubTypes.Type(value = SelectRequest.class, name = "select"),
  @JsonSubTypes.Type(value = EnergyRequest.class, name = "energy")
})
sealed interface Request
    permits DeduplicateRequest,
        DivergenceRequest,
        DistancesRequest,
        DescentRequest,
        DivergenceTermsRequest,
        GradientSearchRequest,
        KMeansRequest,
        LayoutRequest,
        NearestCentersRequest,
        NearestRowsRequest,
        ReadCsvRequest,
        ScoreRequest,
        SelectRequest,
        EnergyRequest {

  /** Does the work on the calling thread. */
  Outcome run(Progress progress);
}
