/** The length that distances are measured in: {@link io.gio4j.distance.LengthUnit}. */
package io.gio4j.distance;
