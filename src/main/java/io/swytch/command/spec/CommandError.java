package io.swytch.command.spec;

/** The client's fault: what to tell it. Has no stack trace. Texts live in {@link Errors} only. */
public final class CommandError extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** @param text the reply without its leading minus: code, blank, message */
    CommandError(String text) {
        super(text, null, false, false);
    }

    /** The reply without its leading minus. */
    public String text() {
        return getMessage();
    }

    /** The first word of the text, such as {@code ERR} or {@code WRONGTYPE}. */
    public String code() {
        String text = text();
        int blank = text.indexOf(' ');
        return blank < 0 ? text : text.substring(0, blank);
    }

    /** The text without its code. */
    public String message() {
        return text().substring(code().length()).strip();
    }
}
