# New source files are found when this file is newer than the Makefile: touch it, or "npx node-gyp configure".
{
  "variables": { "sanitize%": "" },
  "target_defaults": {
    "cflags": ["-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers", "-O2"],
    "cflags_cc": ["-std=c++17"],
    "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-std=gnu++1y"],
    "include_dirs": ["native"],
    "conditions": [
      ["sanitize!=''", {
        "cflags!": ["-O2", "-O3"],
        "cflags": ["-O1", "-fsanitize=address,undefined", "-fno-omit-frame-pointer", "-g"],
        "ldflags": ["-fsanitize=address,undefined"]
      }]
    ]
  },
  "targets": [
    {
      "target_name": "tsrun",
      "sources": ["<!@(ls native/addon/*.cc native/plan/*.cc)", "native/sys/inside.cc", "native/sys/message.cc", "native/sys/netlink_socket.cc",
        "native/resolve/decide.cc", "native/resolve/message.cc", "native/resolve/names.cc"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_CPP_EXCEPTIONS"],
      "cflags_cc": ["-fexceptions", "-fvisibility=hidden", "-fvisibility-inlines-hidden"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions"],
      "libraries": ["-lseccomp", "-lisal", "-llzma", "-lzstd", "-lbz2"]
    },
    {
      "target_name": "tsrun-init",
      "type": "executable",
      "sources": ["<!@(ls native/main.cc native/plan/*.cc native/monitor/*.cc native/init/*.cc native/workbench/*.cc native/files/*.cc native/forward/*.cc native/resolve/*.cc native/sys/*.cc)"],
      "cflags_cc": ["-fno-exceptions", "-fno-rtti"],
      "conditions": [["sanitize==''", { "ldflags": ["-static", "-s"] }]]
    },
    {
      "target_name": "tsrun-oci",
      "type": "executable",
      "sources": ["<!@(ls native/oci/*.cc)", "native/sys/message.cc"],
      "defines": [
        "TSRUN_BUILT_WITH_NODE=\"<!(node -p process.execPath)\"",
        "TSRUN_OCI_VERSION=\"1.2.0\""
      ],
      "cflags_cc": ["-fno-exceptions", "-fno-rtti"],
      "conditions": [["sanitize==''", { "ldflags": ["-static", "-s"] }]]
    }
  ]
}
