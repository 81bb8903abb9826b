/** Leaf: typed settings, their names, defaults, units and limits. */
@NullMarked
package io.swytch.config;

import org.jspecify.annotations.NullMarked;
