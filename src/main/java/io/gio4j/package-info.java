/** gio4j: chooses the rows of a pool to train on, given a sample of what is wanted. */
package io.gio4j;
