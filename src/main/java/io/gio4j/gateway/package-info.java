/** The Py4J gateway: coarse calls, jobs, requests and results. See {@code docs/gateway.md}. */
package io.gio4j.gateway;
