/** Near duplicates: which rows of a pool are copies, or nearly copies, of rows that are kept. */
package io.gio4j.duplicates;
