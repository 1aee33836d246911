/**
 * Task-specific data selection by optimal transport with a kernel density estimate: {@link
 * io.gio4j.select.tsds.Tsds}.
 */
package io.gio4j.select.tsds;
