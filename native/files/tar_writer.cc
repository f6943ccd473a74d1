#include "files/tar_writer.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace tsrun {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kNameField = 100;
constexpr uint64_t kMaxId = 07777777;
constexpr uint64_t kMaxOctal = 077777777777;  // 11 digits

// The length counts its own digits.
void Record(std::string* records, const std::string& key, std::string_view value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + 1;
  while (length != rest + std::to_string(length).size()) ++length;
  *records += std::to_string(length) + " " + key + "=";
  records->append(value);
  *records += "\n";
}

// Octal digits and a NUL; what is too large as base-256, which GNU tar, star and Go read and which
// says the same as the extended header.
void Number(char* field, size_t width, uint64_t value) {
  const size_t digits = width - 1;
  if (digits * 3 < 64 && (value >> (digits * 3)) != 0) {
    memset(field, 0, width);
    field[0] = static_cast<char>(0x80);
    for (size_t at = width; at-- > width - 8;) {
      field[at] = static_cast<char>(value & 0xff);
      value >>= 8;
    }
    return;
  }
  for (size_t at = digits; at-- > 0;) {
    field[at] = static_cast<char>('0' + (value & 7));
    value >>= 3;
  }
}

// Seconds may be negative: "-1.5" is half a second before -1.
std::string Time(int64_t seconds, uint32_t nanoseconds) {
  char text[48];
  if (nanoseconds == 0) {
    snprintf(text, sizeof text, "%lld", static_cast<long long>(seconds));
    return text;
  }
  const bool before = seconds < 0;
  const long long whole = before ? -(seconds + 1) : seconds;
  const uint32_t fraction = before ? 1000000000 - nanoseconds : nanoseconds;
  snprintf(text, sizeof text, "%s%lld.%09u", before ? "-" : "", whole, fraction);
  return text;
}

bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<uint8_t>(text[at]);
    const size_t more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if ((lead >= 0x80 && lead < 0xc2) || lead > 0xf4 || at + more >= text.size()) return false;
    for (size_t i = 1; i <= more; ++i) {
      if ((static_cast<uint8_t>(text[at + i]) & 0xc0) != 0x80) return false;
    }
    at += more + 1;
  }
  return true;
}

bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

// What the fields of the header block cannot say.
std::string Records(const TarHeader& header, const Metadata& meta, bool named) {
  std::string records;
  const bool long_name = named && header.name.size() > kNameField;
  const bool long_target = header.target.size() > kNameField;
  if ((long_name && !IsUtf8(header.name)) || (long_target && !IsUtf8(header.target))) {
    // The values are bytes, not UTF-8 (pax(1), "hdrcharset").
    Record(&records, "hdrcharset", "BINARY");
  }
  if (long_name) Record(&records, "path", header.name);
  if (long_target) Record(&records, "linkpath", header.target);
  if (meta.uid > kMaxId) Record(&records, "uid", std::to_string(meta.uid));
  if (meta.gid > kMaxId) Record(&records, "gid", std::to_string(meta.gid));
  if (meta.mtime_nanoseconds != 0 || meta.mtime_seconds < 0 ||
      meta.mtime_seconds > static_cast<int64_t>(kMaxOctal)) {
    Record(&records, "mtime", Time(meta.mtime_seconds, meta.mtime_nanoseconds));
  }
  for (const auto& [key, value] : meta.xattrs) {
    // A key with an equals sign cannot be told from its value.
    if (!HasNul(key) && key.find('=') == std::string::npos) {
      Record(&records, "SCHILY.xattr." + key, value);
    }
  }
  return records;
}

}  // namespace

void TarWriter::Flush() {
  Write(buffer_);
  buffer_.clear();
}

void TarWriter::Write(std::string_view bytes) {
  while (!bytes.empty() && error_ == 0) {
    const ssize_t wrote = write(fd_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      error_ = errno;
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
}

void TarWriter::Data(std::string_view bytes) {
  in_entry_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBuffer) Flush();
  if (bytes.size() >= kBuffer) {
    Write(bytes);
  } else {
    buffer_.append(bytes);
  }
}

void TarWriter::Pad() {
  static const char kZeros[kBlock] = {};
  const size_t over = in_entry_ % kBlock;
  if (over != 0) Data({kZeros, kBlock - over});
  in_entry_ = 0;
}

void TarWriter::End() {
  static const char kZeros[2 * kBlock] = {};
  Data({kZeros, sizeof kZeros});
  Flush();
}

// `stored`: bytes that follow in the archive.
void TarWriter::Block(const TarHeader& header, const Metadata& meta, uint64_t stored) {
  char block[kBlock] = {};
  memcpy(block, header.name.data(),
         header.name.size() < kNameField ? header.name.size() : kNameField);
  Number(block + 100, 8, meta.mode & 07777);
  Number(block + 108, 8, meta.uid > kMaxId ? 0 : meta.uid);
  Number(block + 116, 8, meta.gid > kMaxId ? 0 : meta.gid);
  Number(block + 124, 12, stored);
  const bool fits =
      meta.mtime_seconds >= 0 && meta.mtime_seconds <= static_cast<int64_t>(kMaxOctal);
  Number(block + 136, 12, fits ? static_cast<uint64_t>(meta.mtime_seconds) : 0);
  block[156] = header.type;
  memcpy(block + 157, header.target.data(),
         header.target.size() < kNameField ? header.target.size() : kNameField);
  memcpy(block + 257, "ustar\00000", 8);
  if (header.type == '3' || header.type == '4') {
    Number(block + 329, 8, header.major);
    Number(block + 337, 8, header.minor);
  }
  memset(block + 148, ' ', 8);
  unsigned sum = 0;
  for (const char byte : block) sum += static_cast<uint8_t>(byte);
  Number(block + 148, 7, sum);
  block[154] = 0;
  Data({block, kBlock});
}

void TarWriter::Extended(const std::string& records, const TarHeader& header) {
  if (records.empty()) return;
  TarHeader extended;
  extended.type = 'x';
  // What a program that does not know the format would call the file it makes of it.
  extended.name = "PaxHeaders/" + header.name.substr(0, 80);
  while (extended.name.back() == '/') extended.name.pop_back();
  Metadata meta;
  meta.mode = 0644;
  Block(extended, meta, records.size());
  in_entry_ = 0;
  Data(records);
  Pad();
}

void TarWriter::Header(const TarHeader& header, const Metadata& meta) {
  std::string records = Records(header, meta, true);
  if (header.size > kMaxOctal) Record(&records, "size", std::to_string(header.size));
  Extended(records, header);
  Block(header, meta, header.size);
  in_entry_ = 0;
}

void TarWriter::SparseHeader(const TarHeader& header, const Metadata& meta,
                             const Extents& extents) {
  std::string map = std::to_string(extents.size()) + "\n";
  uint64_t stored = 0;
  for (const auto& [offset, length] : extents) {
    map += std::to_string(offset) + "\n" + std::to_string(length) + "\n";
    stored += length;
  }
  map.resize((map.size() + kBlock - 1) / kBlock * kBlock);
  stored += map.size();
  std::string records;
  Record(&records, "GNU.sparse.major", "1");
  Record(&records, "GNU.sparse.minor", "0");
  Record(&records, "GNU.sparse.name", header.name);
  Record(&records, "GNU.sparse.realsize", std::to_string(header.size));
  records += Records(header, meta, false);
  if (stored > kMaxOctal) Record(&records, "size", std::to_string(stored));
  Extended(records, header);
  TarHeader shown = header;
  shown.name = "GNUSparseFile.0/" + header.name.substr(0, 80);
  Block(shown, meta, stored);
  in_entry_ = 0;
  Data(map);
}

}  // namespace tsrun
