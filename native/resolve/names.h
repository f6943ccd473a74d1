// Who is on the networks: the file that tsrun writes (src/network/names-file.ts) and the resolver
// reads. Nothing here makes a system call.
#ifndef TSRUN_RESOLVE_NAMES_H_
#define TSRUN_RESOLVE_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "resolve/message.h"

namespace tsrun {

struct Address {
  // 4 or 16 bytes are of use; 0: none.
  size_t size = 0;
  uint8_t bytes[16] = {};
  // Of an address that is valid on one link alone.
  uint32_t scope = 0;

  bool operator==(const Address& other) const;
};

struct Subnet {
  Address base;
  unsigned prefix = 0;

  bool Contains(const Address& address) const;
};

struct Host {
  Address address;
  // Its own first.
  std::vector<WireName> names;
};

// A network.
struct Zone {
  WireName name;
  std::vector<Subnet> subnets;
  std::vector<Host> hosts;
};

// Who may ask, and what it sees.
struct Client {
  Address address;
  // Names of others are asked of servers.
  bool is_outside = false;
  std::vector<size_t> zones;
  // Its own; none: the host's.
  std::vector<Address> servers;
};

struct Names {
  std::vector<Address> servers;
  std::vector<Zone> zones;
  std::vector<Client> clients;

  const Client* Find(const Address& address) const;
};

// Of either family, with the number of its link behind a % where it has one.
bool ReadAddress(std::string_view text, Address* address);

// False: it is not whole, and `names` are not to be used.
bool ReadNames(std::string_view text, Names* names);

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_NAMES_H_
