// What the resolver reads and writes, for test/contract: it gets its messages from whoever sends.
#include <string>
#include <vector>

#include "addon/module.h"
#include "resolve/decide.h"

namespace tsrun {
namespace {

Transport TransportOf(const Napi::Value& word) {
  return word.As<Napi::String>().Utf8Value() == "tcp" ? Transport::kTcp : Transport::kUdp;
}

// A copy that ends where its memory does: a sanitizer sees every step beyond.
std::vector<uint8_t> BytesOf(const Napi::Value& value) {
  const auto bytes = value.As<Napi::Uint8Array>();
  return std::vector<uint8_t>(bytes.Data(), bytes.Data() + bytes.ByteLength());
}

Napi::Value AnswerQuestion(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Names names;
  if (!ReadNames(info[0].As<Napi::String>().Utf8Value(), &names))
    throw Napi::Error::New(env, "the names are not whole");
  Address address;
  const Client* client =
      ReadAddress(info[1].As<Napi::String>().Utf8Value(), &address) ? names.Find(address) : nullptr;
  if (client == nullptr) throw Napi::Error::New(env, "no client has this address");
  const std::vector<uint8_t> query = BytesOf(info[2]);
  std::vector<uint8_t> reply(kMaxTcp);
  Question question;
  const Decision decision =
      Decide(names, *client, query.data(), query.size(), TransportOf(info[3]),
             info[4].As<Napi::Number>().Uint32Value(), &question, reply.data());
  if (decision.what == Decision::kDrop) return env.Null();
  if (decision.what == Decision::kReply)
    return Napi::Buffer<uint8_t>::Copy(env, reply.data(), decision.size);
  return Napi::Number::New(env, static_cast<double>(decision.servers->size()));
}

Napi::Value ForwardQuestion(const Napi::CallbackInfo& info) {
  const std::vector<uint8_t> query = BytesOf(info[0]);
  Question question;
  if (ReadQuestion(query.data(), query.size(), &question) != Asked::kQuestion)
    return info.Env().Null();
  std::vector<uint8_t> bytes(kMaxForwarded);
  const auto id = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
  return Napi::Buffer<uint8_t>::Copy(info.Env(), bytes.data(),
                                     WriteForwarded(question, id, bytes.data()));
}

Napi::Value PassOnAnswer(const Napi::CallbackInfo& info) {
  const std::vector<uint8_t> query = BytesOf(info[0]);
  std::vector<uint8_t> answer = BytesOf(info[2]);
  Question question;
  const auto id = static_cast<uint16_t>(info[1].As<Napi::Number>().Uint32Value());
  if (ReadQuestion(query.data(), query.size(), &question) != Asked::kQuestion ||
      !IsAnswer(question, id, answer.data(), answer.size())) {
    return info.Env().Null();
  }
  const size_t size =
      PassOn(question, LimitOf(TransportOf(info[3]), question), answer.data(), answer.size());
  return Napi::Buffer<uint8_t>::Copy(info.Env(), answer.data(), size);
}

}  // namespace

void RegisterResolve(Napi::Env env, Napi::Object exports) {
  exports.Set("answerQuestion", Napi::Function::New(env, AnswerQuestion));
  exports.Set("forwardQuestion", Napi::Function::New(env, ForwardQuestion));
  exports.Set("passOnAnswer", Napi::Function::New(env, PassOnAnswer));
}

}  // namespace tsrun
