/*
 * A server that does nothing: it reads what came, counts the commands, and writes an answer for each. What redis-benchmark reaches with it is
 * what the client and the kernel leave room for; no server that speaks the protocol gets past it by doing less.
 *
 * usage: floor PORT
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 512, BYTES_MAX = 1 << 16 };

static char input[BYTES_MAX];
static char output[BYTES_MAX];

/* Commands in the input: redis-benchmark's values hold no line that begins with a star. */
static int commands(ssize_t length) {
    int found = 0;
    for (ssize_t i = 0; i < length; i++) {
        found += input[i] == '*' && (i == 0 || input[i - 1] == '\n');
    }
    return found;
}

static void answer(int client, int commands) {
    static const char pong[] = "+PONG\r\n";
    size_t length = 0;
    for (int i = 0; i < commands && length + sizeof pong <= BYTES_MAX; i++) {
        memcpy(output + length, pong, sizeof pong - 1);
        length += sizeof pong - 1;
    }
    if (length > 0 && write(client, output, length) < 0) {
        close(client);
    }
}

static void watch(int epoll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int main(int argc, char **argv) {
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons(argc > 1 ? atoi(argv[1]) : 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, EVENTS_MAX) < 0) {
        perror("floor");
        return 1;
    }
    int epoll = epoll_create1(0);
    watch(epoll, listener);
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        int clients[EVENTS_MAX];
        int counts[EVENTS_MAX];
        int waiting = 0;
        int ready = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < ready; i++) {
            int descriptor = events[i].data.fd;
            if (descriptor == listener) {
                int client = accept(listener, NULL, NULL);
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                watch(epoll, client);
                continue;
            }
            ssize_t length = read(descriptor, input, BYTES_MAX);
            if (length <= 0) {
                close(descriptor);
                continue;
            }
            clients[waiting] = descriptor;
            counts[waiting++] = commands(length);
        }
        /* All reads come before all answers, as in the servers that it stands for. */
        for (int i = 0; i < waiting; i++) {
            answer(clients[i], counts[i]);
        }
    }
}
