/** The rows most like the target's groups in the mean: {@link io.gio4j.select.less.Less}. */
package io.gio4j.select.less;
