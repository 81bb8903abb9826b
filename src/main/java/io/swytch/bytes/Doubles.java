package io.swytch.bytes;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Doubles as Redis 7.0 reads them from arguments and prints them. */
public final class Doubles {
    private static final MathContext DIGITS = new MathContext(17, RoundingMode.HALF_EVEN);
    private static final double LONG_EXACT_MAX = 1e15;

    private Doubles() {}

    /**
     * The double that the whole run says in C's notation, infinities included; NaN where it says none, or one that is too large or, but for
     * zero itself, too small.
     */
    public static double parse(Slice s) {
        FloatText text = FloatText.parse(s);
        double value = switch (text.kind) {
            case INFINITE -> Double.POSITIVE_INFINITY;
            case DECIMAL -> Double.parseDouble(text.digits + "e" + text.exponent);
            case HEX -> Double.parseDouble("0x" + text.digits + "p" + text.exponent);
            case INVALID -> Double.NaN;
        };
        if (text.kind != FloatText.Kind.INFINITE && (Double.isInfinite(value) || value == 0 && text.hasValue())) {
            return Double.NaN;
        }
        return text.negative ? -value : value;
    }

    /** The text of a double, as replies have it: seventeen significant digits, trailing zeros cut, as C's {@code %.17g} does. */
    public static String print(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        if (value == Math.rint(value) && Math.abs(value) < LONG_EXACT_MAX) {
            return Long.toString((long) value);
        }
        BigDecimal rounded = new BigDecimal(value).round(DIGITS).stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < 17) {
            return rounded.toPlainString();
        }
        String digits = rounded.unscaledValue().abs().toString();
        StringBuilder text = new StringBuilder(28);
        if (value < 0) {
            text.append('-');
        }
        text.append(digits.charAt(0));
        if (digits.length() > 1) {
            text.append('.').append(digits, 1, digits.length());
        }
        text.append('e').append(exponent < 0 ? '-' : '+');
        int size = Math.abs(exponent);
        if (size < 10) {
            text.append('0');
        }
        return text.append(size).toString();
    }
}
