/** The figures for Prometheus, and the server's health, over HTTP. */
@NullMarked
package io.swytch.metrics;

import org.jspecify.annotations.NullMarked;
