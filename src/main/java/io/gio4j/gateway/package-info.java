/**
 * The gateway that Python talks to: coarse calls through Py4J's protocol, with strings only.
 *
 * <p>{@code GatewayMain} starts it. A call goes from {@code GatewayServer} (who may connect) and
 * {@code GatewaySession} (commands) to {@code GatewayEntryPoint} (the calls there are); {@code
 * Json} reads a {@code Request}, which a {@code Job} runs on a thread of its own. {@code
 * docs/gateway.md} has the protocol.
 */
package io.gio4j.gateway;
