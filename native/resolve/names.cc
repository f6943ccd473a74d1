#include "resolve/names.h"

#include <arpa/inet.h>

#include <cstring>
#include <string>

namespace tsrun {
namespace {

// Of an address with its scope, and more than the text of any subnet.
constexpr size_t kMaxWord = 64;

// What lies before `separator` is taken off the front.
std::string_view Take(std::string_view* text, char separator) {
  const size_t end = text->find(separator);
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return taken;
}

bool ReadNumber(std::string_view text, uint32_t max, uint32_t* number) {
  uint64_t value = 0;
  if (text.empty() || text.size() > 10) return false;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return false;
    value = value * 10 + static_cast<uint64_t>(digit - '0');
  }
  *number = static_cast<uint32_t>(value);
  return value <= max;
}

bool ReadAddresses(std::string_view line, std::vector<Address>* addresses) {
  while (!line.empty()) {
    Address address;
    if (!ReadAddress(Take(&line, ' '), &address)) return false;
    addresses->push_back(address);
  }
  return true;
}

bool ReadZone(std::string_view line, Zone* zone) {
  const std::string_view name = Take(&line, ' ');
  // One that fits into no message has its containers' names all the same.
  zone->name = WireNameOf(name.data(), name.size());
  while (!line.empty()) {
    std::string_view word = Take(&line, ' ');
    Subnet subnet;
    uint32_t prefix = 0;
    if (!ReadAddress(Take(&word, '/'), &subnet.base) ||
        !ReadNumber(word, static_cast<uint32_t>(subnet.base.size * 8), &prefix)) {
      return false;
    }
    subnet.prefix = prefix;
    zone->subnets.push_back(subnet);
  }
  return true;
}

bool ReadHost(std::string_view line, Host* host) {
  if (!ReadAddress(Take(&line, ' '), &host->address)) return false;
  while (!line.empty()) {
    const std::string_view text = Take(&line, ' ');
    WireName name = WireNameOf(text.data(), text.size());
    if (!name.empty()) host->names.push_back(std::move(name));
  }
  return true;
}

bool ReadClient(std::string_view line, size_t zones, Client* client) {
  if (!ReadAddress(Take(&line, ' '), &client->address)) return false;
  const std::string_view reach = Take(&line, ' ');
  client->is_outside = reach == "outside";
  if (!client->is_outside && reach != "inside") return false;
  std::string_view list = Take(&line, ' ');
  while (!list.empty()) {
    uint32_t zone = 0;
    if (!ReadNumber(Take(&list, ','), UINT32_MAX, &zone) || zone >= zones) return false;
    client->zones.push_back(zone);
  }
  return ReadAddresses(line, &client->servers);
}

bool ReadLine(std::string_view line, Names* names) {
  const std::string_view word = Take(&line, ' ');
  if (word == "server") return ReadAddresses(line, &names->servers);
  if (word == "zone") return ReadZone(line, &names->zones.emplace_back());
  if (word == "host")
    return !names->zones.empty() && ReadHost(line, &names->zones.back().hosts.emplace_back());
  if (word == "client")
    return ReadClient(line, names->zones.size(), &names->clients.emplace_back());
  return false;
}

}  // namespace

bool Address::operator==(const Address& other) const {
  return size == other.size && memcmp(bytes, other.bytes, size) == 0;
}

bool Subnet::Contains(const Address& address) const {
  if (address.size != base.size) return false;
  const unsigned whole = prefix / 8, rest = prefix % 8;
  if (memcmp(address.bytes, base.bytes, whole) != 0) return false;
  if (rest == 0) return true;
  const unsigned mask = 0xff00u >> rest;
  return ((address.bytes[whole] ^ base.bytes[whole]) & mask & 0xff) == 0;
}

bool ReadAddress(std::string_view text, Address* address) {
  const std::string_view bare = Take(&text, '%');
  if (!text.empty() && !ReadNumber(text, UINT32_MAX, &address->scope)) return false;
  char word[kMaxWord] = {};
  if (bare.size() >= kMaxWord) return false;
  memcpy(word, bare.data(), bare.size());
  if (inet_pton(AF_INET, word, address->bytes) == 1) {
    address->size = 4;
  } else if (inet_pton(AF_INET6, word, address->bytes) == 1) {
    address->size = 16;
  }
  return address->size != 0;
}

const Client* Names::Find(const Address& address) const {
  for (const Client& client : clients)
    if (client.address == address) return &client;
  return nullptr;
}

bool ReadNames(std::string_view text, Names* names) {
  if (Take(&text, '\n') != "tsrun-names 1") return false;
  while (!text.empty()) {
    const std::string_view line = Take(&text, '\n');
    if (line == "end") return text.empty();
    if (!ReadLine(line, names)) return false;
  }
  return false;
}

}  // namespace tsrun
