// Addresses as socket calls have them, and back.
#ifndef TSRUN_RESOLVE_SOCKET_ADDRESS_H_
#define TSRUN_RESOLVE_SOCKET_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "resolve/names.h"

namespace tsrun {

constexpr uint16_t kDomainPort = 53;

struct SocketAddress {
  struct sockaddr_storage storage = {};
  socklen_t size = sizeof(struct sockaddr_storage);

  SocketAddress() = default;
  explicit SocketAddress(const Address& address) {
    if (address.size == 4) {
      auto* in4 = reinterpret_cast<struct sockaddr_in*>(&storage);
      in4->sin_family = AF_INET;
      in4->sin_port = htons(kDomainPort);
      memcpy(&in4->sin_addr, address.bytes, 4);
      size = sizeof *in4;
    } else {
      auto* in6 = reinterpret_cast<struct sockaddr_in6*>(&storage);
      in6->sin6_family = AF_INET6;
      in6->sin6_port = htons(kDomainPort);
      in6->sin6_scope_id = address.scope;
      memcpy(&in6->sin6_addr, address.bytes, 16);
      size = sizeof *in6;
    }
  }

  const struct sockaddr* get() const { return reinterpret_cast<const struct sockaddr*>(&storage); }
  struct sockaddr* get() { return reinterpret_cast<struct sockaddr*>(&storage); }

  Address address() const {
    Address address;
    if (storage.ss_family == AF_INET) {
      address.size = 4;
      memcpy(address.bytes, &reinterpret_cast<const struct sockaddr_in*>(&storage)->sin_addr, 4);
    } else if (storage.ss_family == AF_INET6) {
      address.size = 16;
      memcpy(address.bytes, &reinterpret_cast<const struct sockaddr_in6*>(&storage)->sin6_addr, 16);
    }
    return address;
  }

  bool operator==(const SocketAddress& other) const {
    return size == other.size && memcmp(&storage, &other.storage, size) == 0;
  }
};

}  // namespace tsrun

#endif  // TSRUN_RESOLVE_SOCKET_ADDRESS_H_
