/** The rows with the largest scores: {@link io.gio4j.select.dsdm.Dsdm}. */
package io.gio4j.select.dsdm;
