export type DnsOptions = { servers: string[]; search: string[]; options: string[] };

/** resolv.conf(5) */
export function parseResolvConf(content: string): DnsOptions {
  const result: DnsOptions = { servers: [], search: [], options: [] };
  for (const line of content.split('\n')) {
    const [keyword, ...values] = line
      .replace(/[#;].*$/, '')
      .trim()
      .split(/\s+/);
    if (keyword === 'nameserver') result.servers.push(...values.slice(0, 1));
    // The last of these lines counts.
    else if (keyword === 'search' || keyword === 'domain') result.search = values;
    else if (keyword === 'options') result.options.push(...values);
  }
  return result;
}
