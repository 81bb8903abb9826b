package io.swytch.bytes;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/**
 * A number of x86's 80-bit extended precision: what Redis adds in INCRBYFLOAT and HINCRBYFLOAT, so that sums print alike. Immutable.
 *
 * <p>A finite value is {@code significand × 2^exponent} with a significand of at most 64 bits; results are rounded to the nearest, ties to even, as
 * the processor does. The sign of zero is not kept: Redis never prints it.
 */
public final class LongDouble implements Comparable<LongDouble> {
    public static final LongDouble ZERO = new LongDouble(BigInteger.ZERO, 0, 0);
    public static final LongDouble POSITIVE_INFINITY = new LongDouble(BigInteger.ZERO, 0, 1);
    public static final LongDouble NEGATIVE_INFINITY = new LongDouble(BigInteger.ZERO, 0, -1);

    /** The largest finite value, about 1.19e4932. */
    public static final LongDouble MAX =
            new LongDouble(BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE), 16384 - 64, 0);

    private static final int SIGNIFICAND_BITS = 64;
    private static final int EXPONENT_MIN = -16445;
    private static final int EXPONENT_END = 16384;

    /** Redis reads no longer text. */
    private static final int TEXT_BYTES_END = 5 * 1024;

    /** Decimal powers of values that may be finite and not zero lie within this. */
    private static final int DECIMAL_POWER_MAX = 5000;

    /** Digits after the point that are printed. */
    private static final int SCALE = 17;

    private static final BigInteger TEN_TO_SCALE = BigInteger.TEN.pow(SCALE);

    private final BigInteger significand;
    private final int exponent;

    /** The sign of an infinity; 0 of a finite value. */
    private final int infinity;

    private LongDouble(BigInteger significand, int exponent, int infinity) {
        this.significand = significand;
        this.exponent = exponent;
        this.infinity = infinity;
    }

    /** The value, which is exact. */
    public static LongDouble of(long value) {
        return new LongDouble(BigInteger.valueOf(value), 0, 0);
    }

    /**
     * The value that the whole run says in C's notation, infinities included; null where it says none, or one that is too large or, but for zero
     * itself, too small.
     */
    public static @Nullable LongDouble parse(Slice s) {
        if (s.length() >= TEXT_BYTES_END) {
            return null;
        }
        FloatText text = FloatText.parse(s);
        if (text.kind == FloatText.Kind.INVALID) {
            return null;
        }
        if (text.kind == FloatText.Kind.INFINITE) {
            return text.negative ? NEGATIVE_INFINITY : POSITIVE_INFINITY;
        }
        if (!text.hasValue()) {
            return ZERO;
        }
        boolean hex = text.kind == FloatText.Kind.HEX;
        BigInteger digits = new BigInteger(text.digits, hex ? 16 : 10);
        BigInteger signed = text.negative ? digits.negate() : digits;
        LongDouble value;
        if (hex) {
            long power = (long) digits.bitLength() + text.exponent;
            value = power > EXPONENT_END || power < EXPONENT_MIN - 1 ? null : rounded(signed, text.exponent);
        } else {
            value = ofDecimal(signed, text.exponent);
        }
        return value == null || value.infinity != 0 || value.significand.signum() == 0 ? null : value;
    }

    private static @Nullable LongDouble ofDecimal(BigInteger digits, int power) {
        // Digits times log10(2) is close enough to keep powers that are out of all reach from being computed.
        long magnitude = (long) (digits.bitLength() * 0.30103) + power;
        if (Math.abs(magnitude) > DECIMAL_POWER_MAX) {
            return null;
        }
        if (power >= 0) {
            return rounded(digits.multiply(BigInteger.TEN.pow(power)), 0);
        }
        BigInteger divisor = BigInteger.TEN.pow(-power);
        int shift = Math.max(0, SIGNIFICAND_BITS + 2 + divisor.bitLength() - digits.bitLength());
        BigInteger[] quotient = digits.abs().shiftLeft(shift).divideAndRemainder(divisor);
        // One more bit says whether anything was cut off, so that a tie is told from what lies just above it.
        BigInteger sticky = quotient[0].shiftLeft(1).add(quotient[1].signum() == 0 ? BigInteger.ZERO : BigInteger.ONE);
        return rounded(digits.signum() < 0 ? sticky.negate() : sticky, -shift - 1);
    }

    /** The nearest representable value to {@code value × 2^power}. */
    private static LongDouble rounded(BigInteger value, int power) {
        BigInteger magnitude = value.abs();
        int drop = Math.max(magnitude.bitLength() - SIGNIFICAND_BITS, EXPONENT_MIN - power);
        if (drop > 0) {
            boolean half = magnitude.testBit(drop - 1);
            boolean rest = half && magnitude.getLowestSetBit() < drop - 1;
            magnitude = magnitude.shiftRight(drop);
            if (half && (rest || magnitude.testBit(0))) {
                magnitude = magnitude.add(BigInteger.ONE);
            }
            power += drop;
        }
        if (magnitude.signum() == 0) {
            return ZERO;
        }
        if (magnitude.bitLength() + power > EXPONENT_END) {
            return value.signum() < 0 ? NEGATIVE_INFINITY : POSITIVE_INFINITY;
        }
        return new LongDouble(value.signum() < 0 ? magnitude.negate() : magnitude, power, 0);
    }

    /** The rounded sum; null where it is not a number: infinity and its opposite. */
    public @Nullable LongDouble plus(LongDouble other) {
        if (infinity != 0) {
            return other.infinity == -infinity ? null : this;
        }
        if (other.infinity != 0) {
            return other;
        }
        int power = Math.min(exponent, other.exponent);
        return rounded(at(power).add(other.at(power)), power);
    }

    /** The rounded difference; null where it is not a number. */
    public @Nullable LongDouble minus(LongDouble other) {
        return plus(other.negated());
    }

    /** The same value on the other side of zero. */
    public LongDouble negated() {
        return new LongDouble(significand.negate(), exponent, -infinity);
    }

    public boolean isFinite() {
        return infinity == 0;
    }

    /** The nearest double. */
    public double doubleValue() {
        if (infinity != 0) {
            return infinity * Double.POSITIVE_INFINITY;
        }
        return exponent >= 0
                ? significand.shiftLeft(exponent).doubleValue()
                : new BigDecimal(significand)
                        .divide(new BigDecimal(BigInteger.ONE.shiftLeft(-exponent)), new MathContext(40))
                        .doubleValue();
    }

    private BigInteger at(int power) {
        return significand.shiftLeft(exponent - power);
    }

    @Override
    public int compareTo(LongDouble other) {
        if (infinity != other.infinity || infinity != 0) {
            return Integer.compare(infinity, other.infinity);
        }
        int power = Math.min(exponent, other.exponent);
        return at(power).compareTo(other.at(power));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof LongDouble that && compareTo(that) == 0;
    }

    @Override
    public int hashCode() {
        return Double.hashCode(doubleValue());
    }

    /** As Redis prints it for people: 17 digits after the point, less the trailing zeros; never with an exponent. */
    @Override
    public String toString() {
        if (infinity != 0) {
            return infinity > 0 ? "inf" : "-inf";
        }
        if (exponent >= 0) {
            return significand.shiftLeft(exponent).toString();
        }
        BigInteger scaled = significand.abs().multiply(TEN_TO_SCALE);
        boolean half = scaled.testBit(-exponent - 1);
        boolean rest = half && scaled.getLowestSetBit() < -exponent - 1;
        BigInteger digits = scaled.shiftRight(-exponent);
        if (half && (rest || digits.testBit(0))) {
            digits = digits.add(BigInteger.ONE);
        }
        if (digits.signum() == 0) {
            return "0";
        }
        StringBuilder text = new StringBuilder(digits.toString());
        while (text.length() <= SCALE) {
            text.insert(0, '0');
        }
        text.insert(text.length() - SCALE, '.');
        int end = text.length();
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        if (text.charAt(end - 1) == '.') {
            end--;
        }
        text.setLength(end);
        return significand.signum() < 0 ? text.insert(0, '-').toString() : text.toString();
    }
}
