package io.swytch.bench;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * A picture of bars in pairs, Swytch's and the peer's, in panels side by side that have a scale each.
 *
 * @param source what stands small at the bottom
 */
record Chart(String title, String source, List<Panel> panels) {
    private static final int HEIGHT = 360;
    private static final int MARGIN = 24;
    private static final int TOP = 84;
    private static final int BOTTOM = 96;
    private static final int BAR = 38;
    private static final int PAIR_GAP = 26;
    private static final int LINES = 4;
    private static final Color OURS = new Color(0x1F6FB5);
    private static final Color THEIRS = new Color(0xB9BEC4);
    private static final Color TEXT = new Color(0x24292F);
    private static final Color FAINT = new Color(0x6B7280);
    private static final Color GRID = new Color(0xE5E7EB);

    /** A pair; {@code theirs} is NaN where there is no peer. */
    record Bars(String label, double ours, double theirs) {}

    record Panel(String title, String peer, List<Bars> bars) {
        private boolean hasPeer() {
            return !peer.isEmpty();
        }

        private int pairWidth() {
            return hasPeer() ? 2 * BAR + PAIR_GAP : BAR * 2 + PAIR_GAP;
        }

        private int width() {
            return Math.max(240, bars.size() * pairWidth() + PAIR_GAP);
        }

        private double highest() {
            double highest = 0;
            for (Bars pair : bars) {
                highest = Math.max(highest, Math.max(pair.ours, Double.isNaN(pair.theirs) ? 0 : pair.theirs));
            }
            return highest == 0 ? 1 : highest;
        }
    }

    void write(Path file) throws IOException {
        int width = MARGIN;
        for (Panel panel : panels) {
            width += panel.width() + MARGIN;
        }
        // Twice the pixels, so that it is sharp on every screen.
        BufferedImage image = new BufferedImage(width * 2, HEIGHT * 2, BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.scale(2, 2);
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        g.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        g.setColor(Color.WHITE);
        g.fillRect(0, 0, width, HEIGHT);
        text(g, title, Font.BOLD, 16, TEXT, MARGIN, 30);
        text(g, source, Font.PLAIN, 10, FAINT, MARGIN, HEIGHT - 12);
        int x = MARGIN;
        for (Panel panel : panels) {
            draw(g, panel, x);
            x += panel.width() + MARGIN;
        }
        g.dispose();
        ImageIO.write(image, "png", file.toFile());
    }

    private static void text(Graphics2D g, String text, int style, int size, Color color, int x, int y) {
        g.setFont(new Font(Font.SANS_SERIF, style, size));
        g.setColor(color);
        g.drawString(text, x, y);
    }

    private static void centred(Graphics2D g, String text, int size, Color color, int centre, int y) {
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
        FontMetrics metrics = g.getFontMetrics();
        g.setColor(color);
        g.drawString(text, centre - metrics.stringWidth(text) / 2, y);
    }

    private static void draw(Graphics2D g, Panel panel, int left) {
        int base = HEIGHT - BOTTOM;
        int room = base - TOP;
        text(g, panel.title, Font.PLAIN, 12, FAINT, left, 54);
        g.setStroke(new BasicStroke(1));
        g.setColor(GRID);
        for (int i = 0; i <= LINES; i++) {
            int y = base - room * i / LINES;
            g.drawLine(left, y, left + panel.width(), y);
        }
        int x = left + PAIR_GAP / 2;
        boolean slanted = slanted(g, panel);
        for (Bars pair : panel.bars) {
            int centre = x + panel.pairWidth() / 2 - PAIR_GAP / 4;
            int first = panel.hasPeer() ? centre - BAR : centre - BAR / 2;
            bar(g, pair.ours, panel.highest(), OURS, first, base, room);
            if (panel.hasPeer() && !Double.isNaN(pair.theirs)) {
                bar(g, pair.theirs, panel.highest(), THEIRS, first + BAR + 2, base, room);
            }
            label(g, pair.label, slanted, centre, base);
            x += panel.pairWidth();
        }
        g.setColor(OURS);
        g.fillRect(left, HEIGHT - 40, 10, 10);
        text(g, "Swytch", Font.PLAIN, 11, TEXT, left + 14, HEIGHT - 31);
        if (panel.hasPeer()) {
            g.setColor(THEIRS);
            g.fillRect(left + 70, HEIGHT - 40, 10, 10);
            text(g, panel.peer, Font.PLAIN, 11, TEXT, left + 84, HEIGHT - 31);
        }
    }

    /** Whether a label is wider than its pair. */
    private static boolean slanted(Graphics2D g, Panel panel) {
        g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
        FontMetrics metrics = g.getFontMetrics();
        return panel.bars.stream().anyMatch(pair -> metrics.stringWidth(pair.label) > panel.pairWidth());
    }

    private static void label(Graphics2D g, String label, boolean slanted, int centre, int base) {
        if (!slanted) {
            centred(g, label, 11, TEXT, centre, base + 18);
            return;
        }
        var before = g.getTransform();
        g.translate(centre - BAR, base + 14);
        g.rotate(Math.toRadians(18));
        text(g, label, Font.PLAIN, 10, TEXT, 0, 0);
        g.setTransform(before);
    }

    private static void bar(Graphics2D g, double value, double highest, Color color, int x, int base, int room) {
        int height = (int) Math.max(1, room * value / highest);
        g.setColor(color);
        g.fillRect(x, base - height, BAR, height);
        centred(g, number(value), 10, TEXT, x + BAR / 2, base - height - 4);
    }

    private static String number(double value) {
        if (value >= 1e6) {
            return String.format("%.2fM", value / 1e6);
        }
        if (value >= 1e4) {
            return String.format("%.0fk", value / 1e3);
        }
        return value >= 100
                ? String.format("%.0f", value)
                : value >= 10 ? String.format("%.1f", value) : String.format("%.2f", value);
    }
}
