package io.swytch.bytes;

/** Doubles as Redis reads them from arguments. */
public final class Doubles {
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
}
