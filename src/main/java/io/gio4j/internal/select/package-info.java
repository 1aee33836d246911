/** What several methods of selection share: the selection as it grows, weights, candidates. */
package io.gio4j.internal.select;
