#include "resolve/decide.h"

#include <cstring>

namespace tsrun {
namespace {

constexpr uint16_t kInternet = 1, kAnyClass = 255;

bool EndsWith(const WireName& name, const char* end, size_t size) {
  return name.size() > size && memcmp(name.data() + name.size() - size, end, size) == 0;
}

// The address that 4.3.2.1.in-addr.arpa, or the 32 digits of ip6.arpa, is the name of. False: it is
// no such name, or not of a whole address.
bool ReadReverse(const WireName& name, Address* address) {
  // Labels with their lengths, and the root.
  constexpr char kIn4[] = "\7in-addr\4arpa", kIn6[] = "\3ip6\4arpa";
  size_t at = 0;
  if (EndsWith(name, kIn4, sizeof kIn4)) {
    for (size_t byte = 4; byte-- > 0;) {
      const size_t digits = static_cast<uint8_t>(name[at]);
      if (digits < 1 || digits > 3 || (digits > 1 && name[at + 1] == '0')) return false;
      unsigned value = 0;
      for (size_t i = 1; i <= digits; ++i) {
        const char digit = name[at + i];
        if (digit < '0' || digit > '9') return false;
        value = value * 10 + static_cast<unsigned>(digit - '0');
      }
      if (value > 255) return false;
      address->bytes[byte] = static_cast<uint8_t>(value);
      at += 1 + digits;
    }
    address->size = 4;
    return at + sizeof kIn4 == name.size();
  }
  if (!EndsWith(name, kIn6, sizeof kIn6) || name.size() != 64 + sizeof kIn6) return false;
  for (size_t nibble = 32; nibble-- > 0; at += 2) {
    const char digit = name[at + 1];
    const bool is_letter = digit >= 'a' && digit <= 'f';
    if (name[at] != 1 || (!is_letter && (digit < '0' || digit > '9'))) return false;
    const unsigned value = static_cast<unsigned>(is_letter ? digit - 'a' + 10 : digit - '0');
    address->bytes[nibble / 2] =
        static_cast<uint8_t>(address->bytes[nibble / 2] | value << (nibble % 2 == 0 ? 4 : 0));
  }
  address->size = 16;
  return true;
}

// `*.name` stands for all below it: RFC 4592. `*` alone would be everybody.
bool IsBelow(const WireName& name, const WireName& wildcard) {
  if (wildcard.size() < 4 || wildcard[0] != 1 || wildcard[1] != '*') return false;
  for (size_t at = 0; name.size() - at > wildcard.size() - 2;) {
    at += 1 + static_cast<uint8_t>(name[at]);
    if (name.compare(at, WireName::npos, wildcard, 2) == 0) return true;
  }
  return false;
}

enum class Match { kSame, kWildcard };

bool HasName(const Host& host, const WireName& name, Match match) {
  for (const WireName& each : host.names)
    if (match == Match::kSame ? each == name : IsBelow(name, each)) return true;
  return false;
}

void FindIn(const Zone& zone, const WireName& name, Match match, std::vector<const Host*>* found) {
  for (const Host& host : zone.hosts)
    if (HasName(host, name, match)) found->push_back(&host);
}

// `web.front`: web on the network front. Empty: another network's, or nobody's.
WireName WithoutZone(const WireName& name, const WireName& zone) {
  if (zone.empty() || name.size() <= zone.size()) return {};
  const size_t at = name.size() - zone.size();
  if (name.compare(at, WireName::npos, zone) != 0) return {};
  // Where a label begins, and not in the middle of one.
  size_t label = 0;
  while (label < at) label += 1 + static_cast<uint8_t>(name[label]);
  return label == at ? name.substr(0, at) + '\0' : WireName();
}

// Names as they are come before names with their network, and those before wildcards.
std::vector<const Host*> FindHosts(const Names& names, const Client& client, const WireName& name) {
  std::vector<const Host*> found;
  for (const size_t zone : client.zones) FindIn(names.zones[zone], name, Match::kSame, &found);
  if (!found.empty()) return found;
  for (const size_t zone : client.zones) {
    const WireName bare = WithoutZone(name, names.zones[zone].name);
    if (!bare.empty()) FindIn(names.zones[zone], bare, Match::kSame, &found);
  }
  if (!found.empty()) return found;
  for (const size_t zone : client.zones) FindIn(names.zones[zone], name, Match::kWildcard, &found);
  return found;
}

void AddAddresses(const std::vector<const Host*>& hosts, uint16_t type, uint32_t turn,
                  Answer* answer) {
  const bool is_any = type == static_cast<uint16_t>(Type::kAny);
  const size_t first = turn % hosts.size();
  for (size_t i = 0; i < hosts.size(); ++i) {
    const Address& address = hosts[(first + i) % hosts.size()]->address;
    const Type own = address.size == 4 ? Type::kA : Type::kAaaa;
    if (!is_any && type != static_cast<uint16_t>(own)) continue;
    if (!answer->Add(own, address.bytes, address.size)) return;
  }
}

enum class Reverse { kAnswered, kNobody, kElsewhere };

Reverse AddReverse(const Names& names, const Client& client, const Address& address, uint16_t type,
                   Answer* answer) {
  const bool wants_name =
      type == static_cast<uint16_t>(Type::kPtr) || type == static_cast<uint16_t>(Type::kAny);
  bool is_ours = false;
  for (const size_t index : client.zones) {
    const Zone& zone = names.zones[index];
    for (const Subnet& subnet : zone.subnets) is_ours = is_ours || subnet.Contains(address);
    for (const Host& host : zone.hosts) {
      if (!(host.address == address) || host.names.empty()) continue;
      // web.front., as docker says it; or web. where that is too long.
      WireName whole = host.names[0];
      if (!zone.name.empty() && whole.size() - 1 + zone.name.size() <= kMaxName) {
        whole.pop_back();
        whole += zone.name;
      }
      if (wants_name) answer->Add(Type::kPtr, whole.data(), whole.size());
      return Reverse::kAnswered;
    }
  }
  // Nobody else knows who is on our networks.
  return is_ours ? Reverse::kNobody : Reverse::kElsewhere;
}

Decision Reply(size_t size) {
  Decision decision;
  decision.what = Decision::kReply;
  decision.size = size;
  return decision;
}

}  // namespace

size_t Refuse(const Question& question, Rcode code, uint8_t* reply) {
  Answer answer(reply, kMaxTcp);
  answer.Begin(question);
  return answer.End(code);
}

Decision Decide(const Names& names, const Client& client, const uint8_t* query, size_t size,
                Transport transport, uint32_t turn, Question* question, uint8_t* reply) {
  switch (ReadQuestion(query, size, question)) {
    case Asked::kDrop:
      return {};
    case Asked::kFormatError:
      return Reply(Refuse(*question, Rcode::kFormat, reply));
    case Asked::kNotImplemented:
      return Reply(Refuse(*question, Rcode::kNotImplemented, reply));
    case Asked::kBadVersion:
      return Reply(Refuse(*question, Rcode::kBadVersion, reply));
    case Asked::kQuestion:
      break;
  }
  const auto is = [question](Type type) { return question->type == static_cast<uint16_t>(type); };
  if (is(Type::kAxfr) || is(Type::kIxfr) || is(Type::kOpt) ||
      (question->class_ != kInternet && question->class_ != kAnyClass)) {
    return Reply(Refuse(*question, Rcode::kRefused, reply));
  }
  Answer answer(reply, LimitOf(transport, *question));
  answer.Begin(*question);
  const std::vector<const Host*> hosts = FindHosts(names, client, question->name);
  if (!hosts.empty()) {
    AddAddresses(hosts, question->type, turn, &answer);
    return Reply(answer.End(Rcode::kNoError));
  }
  Address address;
  if (ReadReverse(question->name, &address)) {
    const Reverse found = AddReverse(names, client, address, question->type, &answer);
    if (found == Reverse::kAnswered) return Reply(answer.End(Rcode::kNoError));
    if (found == Reverse::kNobody) return Reply(answer.End(Rcode::kNoName));
  }
  // Where nothing leads out there is nobody else: NXDOMAIN, after which who asks goes on to its
  // next search domain. musl ends at SERVFAIL, and takes REFUSED for no answer at all.
  if (!client.is_outside) return Reply(answer.End(Rcode::kNoName));
  const std::vector<Address>& servers = client.servers.empty() ? names.servers : client.servers;
  if (servers.empty()) return Reply(answer.End(Rcode::kServer));
  Decision decision;
  decision.what = Decision::kForward;
  decision.servers = &servers;
  return decision;
}

}  // namespace tsrun
