import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRuleListing } from './list-rules.ts';

const LISTING = `# Warning: table ip mangle is managed by iptables-nft, do not touch!
table ip mangle { # handle 1
	chain mine { # handle 7
		counter packets 0 bytes 0 # handle 8
	}
}
table ip slipway { # handle 2
	set bridges { # handle 3
		type ifname
	}

	chain forward { # handle 4
		type filter hook forward priority filter; policy accept;
		iifname @internal drop # handle 12
	}
}
table inet firewalld { # handle 3
	chain filter_FORWARD { # handle 1
		type filter hook forward priority filter + 10; policy accept;
		jump ufw-like comment "a # handle 9 in it" # handle 2
	}
}
table ip filter { # handle 4
	chain ufw-before-forward { # handle 2
		drop # handle 3
	}
	chain DOCKER-USER { # handle 5
		return # handle 6
	}
	chain FORWARD { # handle 1
		type filter hook forward priority filter; policy drop;
	}
}
`;

test('a listing of nft tells whose chains are, where the kernel calls them, and their rules by handle', () => {
  const chains = parseRuleListing(LISTING);
  const owners = [...chains].map(([name, { owner, hook }]) => [name, owner, hook]);
  assert.deepEqual(owners, [
    ['ip mangle mine', 'iptables', ''],
    ['ip slipway forward', 'slipway', 'forward'],
    ['inet firewalld filter_FORWARD', 'firewalld', 'forward'],
    ['ip filter ufw-before-forward', 'ufw', ''],
    ['ip filter DOCKER-USER', 'docker', ''],
    ['ip filter FORWARD', 'iptables', 'forward'],
  ]);
  assert.deepEqual(
    chains.get('inet firewalld filter_FORWARD')?.rules,
    new Map([[2n, 'jump ufw-like comment "a # handle 9 in it"']]),
  );
});
